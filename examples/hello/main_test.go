package main

func Example() {
	main()
	// Output: welcome, ann@example.com
}
