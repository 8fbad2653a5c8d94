"""The only Streamlit below the pages: parts that draw frozen results, and the state behind them."""
