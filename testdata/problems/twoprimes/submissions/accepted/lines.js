const n = Number(require("fs").readFileSync(0, "utf8"));
const prime = (x) => {
  for (let d = 2; d * d <= x; d++) if (x % d === 0) return false;
  return x > 1;
};
let p = 2;
while (!prime(p) || !prime(n - p)) p++;
console.log(`${p}\n  ${n - p}`);
