from .load import load_demo
