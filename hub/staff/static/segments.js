// How a text is billed and split as SMS: the same rule as templates/segments.py.
// Source: 3GPP TS 23.038 §6.2.1 (alphabet), TS 23.040 §9.2.3.24 (concatenation).

const ONE =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const TWO = "^{}\\[~]|€\f";

const WIDTHS = new Map([...[...ONE].map((one) => [one, 1]), ...[...TWO].map((one) => [one, 2])]);

// { encoding, segments, units, left, wide }: `wide` is the first character that is not in GSM-7.
export function measure(text) {
  const characters = [...text];
  const wide = characters.find((one) => !WIDTHS.has(one));
  const plain = wide === undefined;
  const alone = plain ? 160 : 70;
  const joined = plain ? 153 : 67;
  const widths = characters.map((one) => (plain ? WIDTHS.get(one) : one.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const encoding = plain ? "GSM-7" : "UCS-2";
  if (units <= alone) {
    return { encoding, segments: units ? 1 : 0, units, left: alone - units, wide };
  }
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return { encoding, segments, units, left: joined - used, wide };
}
