"""cxdash: any spreadsheet of survey answers in, honest customer-experience numbers out."""

__version__ = "0.1.0"
