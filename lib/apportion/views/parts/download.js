/* Saves the chart of the surrounding .ap-frame as PNG at double size, with title, unit and key. The computed styles are
   written into a copy, because a picture made from an SVG knows neither the page's style sheet nor its variables. */

const PAINT = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font', 'text-anchor', 'display', 'visibility'];
const HEAD = 64, PAD = 20;

function element(tag, attributes, text = '') {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

function painted(svg) {
  const copy = svg.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll('*')];
  [svg, ...svg.querySelectorAll('*')].forEach((node, index) => {
    const look = getComputedStyle(node);
    for (const name of PAINT) copies[index].style.setProperty(name, look.getPropertyValue(name));
  });
  copy.style.overflow = 'visible';
  return copy;
}

/* The key as it stands on the page: a mark and a word per area, or the areas would differ by colour alone. */
function* key(list, left, top) {
  const origin = list.getBoundingClientRect();
  for (const entry of list.children) {
    const mark = entry.firstElementChild, look = getComputedStyle(mark), at = mark.getBoundingClientRect(), box = entry.getBoundingClientRect();
    const isLine = look.borderTopStyle !== 'none';
    yield element('rect', {
      x: left + at.x - origin.x, y: top + at.y - origin.y, width: at.width, height: isLine ? 2.5 : at.height, rx: isLine ? 0 : 3,
      fill: isLine ? look.borderTopColor : look.backgroundColor,
    });
    yield element('text', {
      x: left + at.right - origin.x + 6, y: top + box.y - origin.y + box.height / 2 + 4.5,
      style: `font:400 13px Arial,sans-serif;fill:${getComputedStyle(entry).color}`,
    }, entry.textContent);
  }
}

function picture(frame) {
  const chart = frame.querySelector('.bqplot.figure');
  const box = chart.getBoundingClientRect();
  const list = frame.querySelector('.ap-key');
  const top = HEAD + (list ? list.getBoundingClientRect().height + 14 : 0);
  const width = box.width + 2 * PAD, height = box.height + top + PAD;
  const out = element('svg', { width, height, xmlns: 'http://www.w3.org/2000/svg' });
  out.append(element('rect', { width, height, fill: getComputedStyle(frame).backgroundColor }));
  for (const [selector, y, font] of [['.ap-ct h2', 32, '600 18px'], ['.ap-ct p', 54, '400 13px']]) {
    const node = frame.querySelector(selector);
    if (node) out.append(element('text', { x: PAD, y, style: `font:${font} Arial,sans-serif;fill:${getComputedStyle(node).color}` }, node.textContent));
  }
  if (list) out.append(...key(list, PAD, HEAD + 6));
  for (const svg of chart.querySelectorAll('svg')) {
    const copy = painted(svg);
    for (const [name, value] of Object.entries({ x: PAD, y: top, width: box.width, height: box.height })) copy.setAttribute(name, value);
    out.append(copy);
  }
  return { svg: new XMLSerializer().serializeToString(out), width, height };
}

async function save(frame) {
  const { svg, width, height } = picture(frame);
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: width * 2, height: height * 2 });
  const pen = canvas.getContext('2d');
  pen.scale(2, 2);
  pen.drawImage(image, 0, 0);
  URL.revokeObjectURL(address);
  const name = (frame.querySelector('.ap-ct h2')?.textContent ?? 'chart').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  Object.assign(document.createElement('a'), { href: canvas.toDataURL('image/png'), download: `apportion-${name}.png` }).click();
}

const BUTTON = `<button class="ap-btn icon ghost" type="button" aria-label="Download this chart as PNG" title="Download this chart as PNG">
<svg class="ap-i" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 4v11M7 11l5 5 5-5M5 20h14"/></svg></button>`;

function render({ el }) {
  el.classList.add('ap-dl');
  el.innerHTML = BUTTON;
  el.firstChild.addEventListener('click', () => save(el.closest('.ap-frame')));
}

export default { render };
