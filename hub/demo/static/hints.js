// Suggested texts: answers to what the clinic asked last, else ways to begin. They spare typing, nothing more.

const OPENERS = {
  en: ["I need a check-up next Tuesday after 3", "What do I have booked?", "I have chest pain", "STOP"],
  es: ["Hola, quiero una cita mañana por la tarde", "¿Qué citas tengo?", "Me duele el pecho", "STOP"],
};
const LATER = {
  en: ["Can I move my visit to Friday?", "What do I have booked?", "I want to talk to a person", "STOP"],
  es: ["¿Puedo cambiar mi cita al viernes?", "¿Qué citas tengo?", "Quiero hablar con una persona", "STOP"],
};

export function hints(language, last) {
  if (!last) return OPENERS[language];
  if (/START/.test(last) && !/STOP/.test(last)) return ["START"];
  const numbers = [...last.matchAll(/^(\d)\) /gm)].map((found) => found[1]);
  if (numbers.length) return [...numbers, language === "es" ? "¿Algo más tarde?" : "Something later?"];
  if (/\bYES or NO\b/.test(last)) return ["Yes", "No"];
  if (/\bSÍ o NO\b/.test(last)) return ["Sí", "No"];
  return LATER[language];
}
