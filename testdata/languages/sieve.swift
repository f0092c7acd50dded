// Reads a number and prints how many primes are below it.
let limit = Int(readLine()!)!
var factor = [Int32](repeating: 0, count: limit) // 0 for a prime
var count = 0
for i in 2..<limit where factor[i] == 0 {
    count += 1
    for j in stride(from: i * i, to: limit, by: i) { factor[j] = Int32(i) }
}
print(count)
