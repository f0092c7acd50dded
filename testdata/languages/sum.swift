// Prints the sum of the integers on stdin, or hello if there are none.
var sum = 0, count = 0
while let line = readLine() {
    for word in line.split(separator: " ") {
        sum += Int(word)!
        count += 1
    }
}
print(count > 0 ? String(sum) : "hello")
