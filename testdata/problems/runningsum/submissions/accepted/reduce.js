const words = require("fs").readFileSync("/dev/stdin", "utf8").trim().split(/\s+/).slice(1);
let sum = 0;
console.log(words.map((word) => (sum += Number(word))).join("\n"));
