"""The Python side of the interop matrix: see matrix/groups.py for how it is put
together, and ../../matrix_test.go for the other side."""
