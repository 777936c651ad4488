/* One of several: a label and a select. */
function render({ model, el }) {
  const select = h("select", { class: "ap-pick-select", onchange: () => { model.set("value", select.value); model.save_changes(); } });
  const title = h("span", {});
  el.classList.add("ap-pick");
  el.append(h("label", {}, title, select));
  const draw = () => {
    title.textContent = model.get("title");
    select.replaceChildren(...model.get("options").map(([value, text]) => h("option", { value }, text)));
    select.value = model.get("value");
  };
  model.on("change:options change:value change:title", draw);
  draw();
  return () => model.off("change:options change:value change:title", draw);
}
export default { render };
