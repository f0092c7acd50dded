// Prints the sum of the integers on stdin, or hello if there are none.
fun main() {
    val values = System.`in`.bufferedReader().readText().split(Regex("\\s+")).filter { it != "" }.map { it.toLong() }
    println(if (values.isEmpty()) "hello" else values.sum().toString())
}
