"""Pages of the pejabat pembina kepegawaian."""
