// Prints the sum of the integers on stdin, or hello if there are none.
const fs = require("fs");

const values = fs.readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(BigInt);
console.log(values.length ? String(values.reduce((a, b) => a + b)) : "hello");
