"""The outermost ring: what every HTTP answer and every WebSocket passes before Streamlit or our own routes see it.

From the outside in: Headers (security headers, the last catch of an error) → Gate (only paths that exist) → BodyLimit →
Assets (compressed scripts, cacheable fonts) → Streamlit. `launch` builds the ring for app.py.
"""
