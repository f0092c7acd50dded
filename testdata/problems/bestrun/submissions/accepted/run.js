let [n, x, a, b, m] = require("fs").readFileSync(0, "utf8").split(" ").map(Number);
let [run, best] = [0, -Infinity];
for (; n > 0; n--, x = (a * x + b) % m) {
  run = Math.max(run, 0) + x - Math.floor(m / 2);
  best = Math.max(best, run);
}
console.log(best);
