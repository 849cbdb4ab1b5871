// The page's one stream of server-sent events, opened again after every break.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const QUIET = 1500; // a break shorter than this is not worth a word

// query: what the stream is to show, as parameters of its address; asked anew each time one is opened. Gives what opens
// the stream anew, to show something else.
export function listen(query, handlers, onConnection) {
  let last = "";
  let wait = FIRST_WAIT;
  let source = null;
  let retry = 0;
  let warning = 0;

  const lost = () => {
    if (!warning) warning = setTimeout(() => onConnection(false), QUIET);
  };
  const open = () => {
    clearTimeout(retry);
    source = new EventSource(`/demo/events?${new URLSearchParams({ ...query(), ...(last && { after: last }) })}`);
    source.addEventListener("open", () => {
      clearTimeout(warning);
      warning = 0;
      wait = FIRST_WAIT;
      onConnection(true);
    });
    source.addEventListener("error", () => {
      lost();
      source.close();
      retry = setTimeout(open, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
  };
  addEventListener("online", () => {
    if (source.readyState === EventSource.CLOSED) open();
  });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  open();
  return () => {
    source.close();
    last = "";
    open();
  };
}
