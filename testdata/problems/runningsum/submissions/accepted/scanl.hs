main :: IO ()
main = interact $ unlines . map show . scanl1 (+) . map read . tail . words
