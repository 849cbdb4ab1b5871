// What the page says, and how it writes moments: in the language of whoever is signed in, by the clinic's clock.

const MINUTE = 60_000;
const LOCALES = { en: "en-US", es: "es-US" };

export function makeWords(words, language, zone) {
  const locale = LOCALES[language] ?? "en-US";
  const formats = new Map();
  const plural = new Intl.PluralRules(locale);

  const format = (name, options) => {
    if (!formats.has(name)) {
      formats.set(name, new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));
    }
    return formats.get(name);
  };
  const dayKey = (moment) => format("key", { year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);

  // The words called `key`, with what stands in braces filled. A `count` chooses between `key_one` and `key_other`.
  const t = (key, values = {}) => {
    let said = words[key];
    if ("count" in values) {
      said = words[`${key}_${plural.select(values.count)}`] ?? words[`${key}_other`] ?? said;
    }
    return (said ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
  const has = (key) => key in words;
  // What `kind` calls the code; a code that has no words yet is shown as it is, without its underscores.
  const coded = (kind, code, values = {}) =>
    has(`${kind}_${code}`) ? t(`${kind}_${code}`, values) : String(code).replaceAll("_", " ").replaceAll(".", " ");
  // Why a message is held, did not arrive or may not go a way: the hub's own words, where the page's language has none
  // for one of the codes.
  const why = (codes, sentence) => {
    const known = [codes ?? []].flat();
    return known.length > 0 && known.every((code) => has(`why_${code}`)) ? known.map((code) => t(`why_${code}`)).join(" ") : sentence;
  };

  const time = (value) => format("time", { hour: "numeric", minute: "2-digit" }).format(new Date(value));
  const sameDay = (one, other) => dayKey(new Date(one)) === dayKey(new Date(other));
  const day = (value) => {
    const moment = new Date(value);
    if (sameDay(moment, Date.now())) {
      return t("today");
    }
    if (sameDay(moment, Date.now() - 24 * 60 * MINUTE)) {
      return t("yesterday");
    }
    const near = Math.abs(Date.now() - moment) < 300 * 24 * 60 * MINUTE;
    const written = format(near ? "day" : "year", {
      weekday: "long", day: "numeric", month: "long", ...(near ? {} : { year: "numeric" }),
    }).format(moment);
    return written[0].toUpperCase() + written.slice(1);
  };
  // Little room: the time of today's moments, the weekday of this week's, else the date.
  const brief = (value) => {
    const moment = new Date(value);
    if (sameDay(moment, Date.now())) {
      return time(moment);
    }
    const near = Math.abs(Date.now() - moment) < 6 * 24 * 60 * MINUTE;
    return format(near ? "weekday" : "date", near ? { weekday: "short" } : { day: "numeric", month: "short" }).format(moment);
  };
  const full = (value) =>
    format("full", { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(
      new Date(value),
    );
  const date = (value) => {
    const [year, month, dayOf] = value.split("-").map(Number);
    return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
      Date.UTC(year, month - 1, dayOf),
    );
  };
  // How long, in its largest unit: `12 min`, `3 h`, `2 d`.
  const span = (milliseconds) => {
    const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
    if (minutes < 1) {
      return t("span_now");
    }
    if (minutes < 60) {
      return t("span_minutes", { n: minutes });
    }
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? t("span_hours", { n: hours }) : t("span_days", { n: Math.floor(hours / 24) });
  };
  // How long ago, with seconds: for what happened just now.
  const ago = (value) => {
    const seconds = Math.max(1, Math.round((Date.now() - Date.parse(value)) / 1000));
    return seconds < 60 ? t("span_seconds", { n: seconds }) : span(seconds * 1000);
  };
  const tongue = (code) => {
    try {
      const name = new Intl.DisplayNames([locale], { type: "language" }).of(code);
      return name[0].toUpperCase() + name.slice(1);
    } catch {
      return code;
    }
  };
  const money = (thousandths) =>
    new Intl.NumberFormat(locale, { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 3 }).format(
      thousandths / 1000,
    );

  return { t, has, coded, why, time, day, brief, full, date, span, ago, tongue, money, sameDay, language, locale, zone, ...wall(zone) };
}

// Between moments and what a clock on the clinic's wall shows (`2026-11-03T09:30`).
function wall(zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const onWall = (value) => {
    const found = Object.fromEntries(parts.formatToParts(new Date(value)).map((part) => [part.type, part.value]));
    return `${found.year}-${found.month}-${found.day}T${found.hour}:${found.minute}`;
  };
  // Twice, for the offset may change between the guess and the moment.
  const fromWall = (written) => {
    const wanted = Date.parse(`${written}:00Z`);
    let moment = wanted;
    for (let round = 0; round < 2; round += 1) {
      moment += wanted - Date.parse(`${onWall(moment)}:00Z`);
    }
    return new Date(moment);
  };
  // `days` from today at `hour`:00 on the clinic's wall.
  const dayAt = (days, hour) => {
    const day = new Date(`${onWall(Date.now()).slice(0, 10)}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    return fromWall(`${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, "0")}:00`);
  };
  const weekday = () => new Date(`${onWall(Date.now()).slice(0, 10)}T00:00:00Z`).getUTCDay();
  return { onWall, fromWall, dayAt, weekday };
}
