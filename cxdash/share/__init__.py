"""Pages under /share/: a view for people without an account. Plain Starlette, no script, no Streamlit."""
