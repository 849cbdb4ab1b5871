// By which channel a reply goes: the one chosen, else the one they wrote by last, else the one they prefer.

export function usual(opened, chosen) {
  const by = (channel) => opened.ways.find((way) => way.channel === channel);
  return (
    by(chosen) ?? by(opened.row.channel) ?? opened.ways.find((way) => way.preferred) ??
    opened.ways.find((way) => way.allowed) ?? opened.ways[0] ?? null
  );
}

// Where it can go instead: the portal before all others, for it is private.
export function instead(opened, way) {
  const open = opened.ways.filter((one) => one.allowed && one.channel !== way?.channel);
  return open.toSorted((one, other) => (other.channel === "portal") - (one.channel === "portal") || other.preferred - one.preferred);
}
