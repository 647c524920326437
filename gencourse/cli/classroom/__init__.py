"""What an instructor needs: assignments for nbgrader, run sheets, slides, a wheelhouse, a check before class."""
