/* Lets a reader sort the table before it in the same box: by its heads, and where a phone hides these, by a list. */
function render({ el }) {
  el.style.display = "none";
  const box = el.parentElement;
  let by = null;

  function dress() {
    const table = box?.querySelector("table.ap-table");
    if (!table || table.dataset.sorts) return;
    table.dataset.sorts = "yes";
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    const given = [...body.rows];
    const sortable = heads.map((_, at) => at).filter((at) => at === 0 || given.some((row) => row.cells[at].dataset.v));
    const value = (row, at) => (at === 0 ? row.cells[0].textContent.trim().toLowerCase() : parseFloat(row.cells[at].dataset.v ?? "NaN"));
    function sort(at, down) {
      by = at === null ? null : { at, down };
      const rows = at === null ? given : [...given].sort((a, b) => {
        const [x, y] = [value(a, at), value(b, at)];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
      body.append(...rows);
      heads.forEach((head, n) => (n === at ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
      list.value = at === null ? "" : String(at);
    }
    for (const at of sortable) {
      const head = heads[at];
      const button = h("button", { type: "button", class: "ap-sort", onclick: () => sort(at, by?.at === at ? !by.down : at !== 0) });
      button.append(...head.childNodes);
      head.append(button);
    }
    const name = (at) => given[0].cells[at].dataset.l;
    const list = h("select", { class: "ap-pick-select", onchange: () => (list.value === "" ? sort(null) : sort(Number(list.value), list.value !== "0")) },
      h("option", { value: "" }, "As it comes"), sortable.map((at) => h("option", { value: at }, name(at))));
    table.parentElement.after(h("div", { class: "ap-sortby" }, h("label", {}, h("span", {}, "Sort by"), list)));
    if (by) sort(by.at, by.down);
  }
  const watch = new MutationObserver(dress);
  requestAnimationFrame(() => {
    if (!box) return;
    watch.observe(box, { childList: true, subtree: true });
    dress();
  });
  return () => watch.disconnect();
}
export default { render };
