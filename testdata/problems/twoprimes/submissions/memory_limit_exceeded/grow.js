const all = Buffer.alloc(1 << 30, 1);
console.log(all.length);
