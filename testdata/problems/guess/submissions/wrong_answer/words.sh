echo five
