// Suggested texts: answers to what the clinic asked last, else ways to begin. They spare typing, nothing more.

const OPENERS = {
  en: ["I need a check-up next Tuesday after 3", "What do I have booked?", "I have chest pain", "STOP"],
  es: ["Hola, quiero una cita mañana por la tarde", "¿Qué citas tengo?", "Me duele el pecho", "STOP"],
};
const LATER = {
  en: ["Can I move my visit to Friday?", "What do I have booked?", "I want to talk to a person", "STOP"],
  es: ["¿Puedo cambiar mi cita al viernes?", "¿Qué citas tengo?", "Quiero hablar con una persona", "STOP"],
};
const TIMES = {
  en: ["Tomorrow morning", "Next week after 3", "The soonest"],
  es: ["Mañana por la mañana", "La próxima semana después de las 3", "Lo antes posible"],
};
const ELSE = { en: "Something later?", es: "¿Algo más tarde?" };

// asked: the clinic's last text, empty when there is none; names: who may be writing on this phone.
export function hints(language, asked, names) {
  if (!asked) return OPENERS[language];
  if (/\bSTART\b/.test(asked) && !/\bSTOP\b/.test(asked)) return ["START"];
  const numbers = [...asked.matchAll(/^(\d)\) /gm)].map((found) => found[1]);
  if (numbers.length) return [...numbers, ELSE[language]];
  if (/\bYES or NO\b/.test(asked)) return ["Yes", "No"];
  if (/SÍ o NO\b/.test(asked)) return ["Sí", "No"];
  const kinds = asked.match(/(?:We have|Tenemos): ([^.]+)\./);
  if (kinds) return kinds[1].split(", ");
  if (names.length && /\b(first|full) name\b|\bnombre\b/.test(asked)) return names;
  if (/day and time|other day|qué día|qué otro día/i.test(asked)) return TIMES[language];
  return LATER[language];
}
