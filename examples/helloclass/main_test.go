package main

func Example() {
	main()
	// Output:
	// tea costs 450
	// refused: NOT_FOUND
}
