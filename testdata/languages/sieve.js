// Reads a number and prints how many primes are below it.
const limit = Number(require("fs").readFileSync(0, "utf8"));
const factor = new Int32Array(limit); // 0 for a prime
let count = 0;
for (let i = 2; i < limit; i++) {
    if (factor[i]) continue;
    count++;
    for (let j = i * i; j < limit; j += i) factor[j] = i;
}
console.log(count);
