// Suggestions: answers to what the clinic asked last, on whichever channel, else ways to begin. They spare typing.

const OPENERS = {
  en: ["I need a check-up next week after 2", "What do I have booked?", "I have chest pain", "STOP"],
  es: ["Hola, necesito un chequeo la próxima semana", "¿Qué citas tengo?", "Me duele el pecho", "STOP"],
};
const LATER = {
  en: ["Can I move my visit to another day?", "What do I have booked?", "I want to talk to a person", "STOP"],
  es: ["¿Puedo cambiar mi cita a otro día?", "¿Qué citas tengo?", "Quiero hablar con una persona", "STOP"],
};
const TIMES = {
  en: ["Tomorrow morning", "Next week after 3", "The soonest"],
  es: ["Mañana por la mañana", "La próxima semana después de las 3", "Lo antes posible"],
};
const ELSE = { en: "Something later?", es: "¿Algo más tarde?" };
const SECOND = {
  en: "Thank you! I think the second one could work for me.",
  es: "¡Gracias! Creo que la segunda me podría servir.",
};
const CONFIRM = { en: ["C", "R"], es: ["C", "R"] };

// where: `texts`, `mails` or `calls`. asked: what the clinic said last, empty when it said nothing. names: who may be
// writing here.
export function hints(where, language, asked, names) {
  const spoken = where === "calls";
  if (/\bSTART\b/.test(asked) && !/\bSTOP\b/.test(asked)) return where === "texts" ? ["START"] : [];
  // A list that asks for nothing is no choice.
  const asks = /\?|\b(?:Reply|Responda)\b/.test(asked);
  const numbers = asks ? [...asked.matchAll(/^(\d)\) /gm)].map((found) => found[1]) : [];
  if (numbers.length && where === "mails") return [...(numbers.length > 1 ? [SECOND[language]] : []), ELSE[language]];
  if (numbers.length) return spoken ? [ELSE[language]] : [...numbers, ELSE[language]];
  if (/\bYES or NO\b/.test(asked)) return ["Yes", "No"];
  if (/S[IÍ] o NO\b/.test(asked)) return ["Sí", "No"];
  if (/\b(?:Reply|Responda) C\b/.test(asked) && !spoken) return CONFIRM[language];
  const kinds = asked.match(/(?:We have|Tenemos): ([^.]+)\./);
  if (kinds) return kinds[1].split(", ");
  if (names.length && /\b(first|full) name\b|\bnombre\b/.test(asked)) return names;
  if (/day and time|other day|qué (?:día|fecha)|qué otr[ao] (?:día|fecha)/i.test(asked)) return TIMES[language];
  const begun = !asked || /\b(?:Welcome to|bienvenida)\b/.test(asked);
  const some = (begun ? OPENERS : LATER)[language];
  return where === "texts" ? some : some.filter((text) => text !== "STOP");
}
