# Nothing to run: longest word first?
