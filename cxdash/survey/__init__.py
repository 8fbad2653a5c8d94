"""What a questionnaire along the customer journey is and how it behaves: pure, without a table, a file or a screen."""
