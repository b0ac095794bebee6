// What somebody pasted, as the questions it stands for.

// Words of a seed phrase, numbered or not.
const SEED_WORD = /^(\d{1,2}[.):]?\s*)?[a-z]{3,8}$/i;

// One text a line, without empty lines. A seed phrase copied one word a line
// is one text: taken as many it would not be recognised, and its words would
// stand in a table.
export function questionsOf(pasted) {
  const lines = pasted
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length >= 12 && lines.every((line) => SEED_WORD.test(line))) {
    return [lines.map((line) => line.replace(/^\d{1,2}[.):]?\s*/, "")).join(" ")];
  }
  return lines;
}
