-- Prints the sum of the integers on stdin, or hello if there are none.
main :: IO ()
main = do
  values <- map read . words <$> getContents
  putStrLn $ if null values then "hello" else show (sum values :: Integer)
