// @EXPECTED_RESULTS@: RUN-ERROR, WRONG-ANSWER
const years = require("fs").readFileSync(0, "utf8").trim().split("\n").map(Number);
if (years.length > 1000) throw new Error("too many");
for (const y of years) console.log(y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0) ? "yes" : "no");
