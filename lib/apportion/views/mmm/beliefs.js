/* What a person knows of each channel before its data are looked at, in words; and which experiments calibrate the model. */
function render({ model, el }) {
  const get = (key) => model.get(key);
  const rows = h("ul", { class: "ap-be-rows" }), tests = h("div", { class: "ap-be-tests" }), message = h("p", { class: "ap-al-message", role: "alert" });
  const pick = (words, options, value, changed) => {
    const select = h("select", { class: "ap-pick-select", onchange: () => changed(select.value) }, options.map(([name, text]) => h("option", { value: name }, text)));
    select.value = value;
    return h("label", { class: "ap-be-field" }, h("span", {}, words), select);
  };
  const amount = (words, value, changed) => {
    const input = h("input", { class: "ap-pick-select", type: "text", inputmode: "decimal", autocomplete: "off", value: value ?? "", placeholder: "as usual", onchange: () => changed(input.value) });
    return h("label", { class: "ap-be-field" }, h("span", {}, words), input);
  };
  function row(channel) {
    const tell = (name) => (value) => model.send({ kind: "set", channel: channel.name, [name]: value });
    return h("li", { class: `ap-c-${channel.colour}` },
      h("span", { class: "ap-ch" }, h("span", { class: "ap-dot" }, glyph(channel.glyph)), h("span", {}, channel.title)),
      pick("Its budget is set", get("budgets"), channel.budget, tell("budget")),
      amount("Return around", channel.around, tell("around")), amount("hardly above", channel.above, tell("above")),
      pick("Its effect lasts", get("carries"), channel.carry, tell("carry")),
      h("p", { class: "small muted" }, channel.implied, channel.warning && h("b", { class: "ap-al-warn" }, ` ${channel.warning}`)));
  }
  function paint() {
    const active = document.activeElement?.closest?.(".ap-be-field")?.querySelector("span")?.textContent;
    const at = [...rows.children].findIndex((item) => item.contains(document.activeElement));
    rows.replaceChildren(...get("channels").map(row));
    if (at >= 0) [...rows.children[at].querySelectorAll(".ap-be-field")].find((field) => field.firstChild.textContent === active)?.lastChild.focus();
    tests.replaceChildren(...get("tests").map(({ id, name, told, on, removable }) => {
      const box = h("input", { type: "checkbox", onchange: () => model.send({ kind: "switch", id, on: box.checked }) });
      box.checked = on;
      return h("div", { class: "ap-be-line" }, h("label", { class: "ap-be-test" }, box, h("span", {}, h("b", {}, name), h("small", { class: "muted" }, told))),
        removable && h("button", { type: "button", class: "ap-btn ghost", "aria-label": `Remove ${name}`, onclick: () => model.send({ kind: "remove", id }) }, "Remove"));
    }));
    message.textContent = get("problem");
  }
  el.append(h("section", { class: "ap-be", "aria-label": "What is known of the channels", "data-lm-suppress-shortcuts": "true" }, message, rows, tests));
  model.on("change:channels change:tests change:problem", paint);
  paint();
  return () => model.off("change:channels change:tests change:problem", paint);
}
export default { render };
