// Shared by the widgets that draw their own markup; Python puts it before each module, because an inline module cannot
// import a neighbour (see elements.py).

/** An element; text only ever becomes a text node, so nothing a tenant wrote is read as markup. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false));
  return element;
}

/** An icon from the paths that Python drew (views/parts/icons.py): constants of the program, never a tenant's text. */
function glyph(paths, size = 18) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({
    class: "ap-i", width: size, height: size, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.75,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(name, value);
  svg.innerHTML = paths;
  return svg;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** Making a formatter takes 40-120 µs, using it 1 µs. */
const formats = new Map();
function number(locale, options) {
  const key = JSON.stringify([locale, options]);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale, options));
  return formats.get(key);
}
const money = (locale, currency, digits) =>
  number(locale, {
    ...(currency ? { style: "currency", currency, currencyDisplay: "narrowSymbol" } : {}),
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
