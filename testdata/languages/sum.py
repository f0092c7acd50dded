"""Prints the sum of the integers on stdin, or hello if there are none."""
import sys

values = [int(word) for word in sys.stdin.read().split()]
print(sum(values) if values else "hello")
