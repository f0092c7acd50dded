;;; Reads a number and prints how many primes are below it.
(defun primes-below (limit)
  (declare (fixnum limit) (optimize speed (safety 0)))
  (let ((factor (make-array limit :element-type '(signed-byte 32) :initial-element 0))
        (count 0))
    (declare (fixnum count))
    (loop for i of-type (signed-byte 32) from 2 below limit
          when (zerop (aref factor i))
            do (incf count)
               (loop for j of-type fixnum from (* i i) below limit by i
                     do (setf (aref factor j) i)))
    count))

(format t "~d~%" (primes-below (read)))
