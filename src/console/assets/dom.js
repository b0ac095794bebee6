// Builds elements.
//
// Everything that lists, customers and the log say is hostile text. It reaches
// the page as text nodes only: nothing here, and nothing in the console, parses
// a string as HTML. The page's policy (Trusted Types) refuses it besides.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// `h("p", { class: "note" }, "text", child, [more])`: an HTML element. Names
// that begin with "on" are listeners.
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

// The same for SVG.
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

// Puts `children` in place of what the element holds.
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

let ids = 0;

// An id nobody else has, for labels and descriptions.
export function uniqueId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}

// Tells somebody who listens rather than looks what has just happened.
export function announce(text) {
  const region = document.getElementById("announcer");
  // Emptied first: the same text twice is otherwise said once.
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
