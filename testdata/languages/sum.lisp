;;; Prints the sum of the integers on stdin, or hello if there are none.
(let ((values (loop for value = (read *standard-input* nil) while value collect value)))
  (if values
      (format t "~d~%" (reduce #'+ values))
      (format t "hello~%")))
