const fs = require("fs");
const buffer = Buffer.alloc(64);
let [low, high, answer] = [1, 1000, ""];
while (!answer.startsWith("c")) {
  const guess = (low + high) >> 1;
  fs.writeSync(1, `${guess}\n`);
  answer = buffer.toString("utf8", 0, fs.readSync(0, buffer));
  if (answer.startsWith("h")) low = guess + 1;
  else high = guess - 1;
}
