"""The pages under /auth/: signing in and out, the first administrator, links that set a password, a company's sign-in.

Plain HTML from Starlette, because only an HTTP answer can set a cookie. They work without a script.
"""
