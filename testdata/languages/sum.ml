(* Prints the sum of the integers on stdin, or hello if there are none. *)
let rec read count total =
  match Scanf.scanf " %d" (fun value -> value) with
  | value -> read (count + 1) (total + value)
  | exception (End_of_file | Scanf.Scan_failure _ | Failure _) -> (count, total)

let () =
  match read 0 0 with
  | 0, _ -> print_endline "hello"
  | _, total -> Printf.printf "%d\n" total
