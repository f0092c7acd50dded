// Reads a number and prints how many primes are below it.
fun main() {
    val limit = readLine()!!.trim().toInt()
    val factor = IntArray(limit) // 0 for a prime
    var count = 0
    for (i in 2 until limit) {
        if (factor[i] != 0) continue
        count++
        var j = i.toLong() * i
        while (j < limit) {
            factor[j.toInt()] = i
            j += i
        }
    }
    println(count)
}
