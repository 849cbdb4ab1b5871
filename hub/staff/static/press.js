// A press of the mouse counts though what it went down on was drawn anew before it came up. A browser gives no click
// then, and on a busy day the page is drawn anew many times a minute.

const CONTROL = "a, button, summary, label, input, [role=option], [role=menuitem], [role=tab]";

// Where a control is: a press that went down on one person's row never counts for another's.
const place = (control) => control.closest("[data-id]")?.dataset.id;

// Whether `now` is the control that was pressed, or the same one drawn anew.
const same = (was, now) => now === was.control || (now.isEqualNode(was.drawn) && place(now) === was.place);

export function keepPresses() {
  let pressed = null;
  addEventListener("pointerdown", (event) => {
    // A finger on glass needs none of this: there a browser looks for what is pressed only once it was a tap. With a
    // key held, the browser does something of its own.
    const plain = event.pointerType === "mouse" && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const control = plain ? event.target.closest(CONTROL) : null;
    pressed = control && { control, drawn: control.cloneNode(true), place: place(control) };
  }, true);
  const over = () => (pressed = null);
  addEventListener("click", over, true);
  addEventListener("pointercancel", over, true);
  addEventListener("dragstart", over, true);
  addEventListener("pointerup", ({ clientX, clientY }) => {
    const was = pressed;
    // The browser's own click comes before this, if it comes.
    was && setTimeout(() => {
      const now = document.elementFromPoint(clientX, clientY)?.closest(CONTROL);
      if (pressed === was && now && same(was, now)) {
        now.click();
      }
      pressed === was && over();
    });
  }, true);
}
