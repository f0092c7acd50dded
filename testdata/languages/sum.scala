// Prints the sum of the integers on stdin, or hello if there are none.
object Sum {
  def main(args: Array[String]): Unit = {
    val values = scala.io.Source.fromInputStream(System.in).getLines.flatMap(_.split(" ")).filter(_ != "").map(_.toLong).toList
    println(if (values.isEmpty) "hello" else values.sum.toString)
  }
}
