"""The controller of NotebookMigration resources."""
