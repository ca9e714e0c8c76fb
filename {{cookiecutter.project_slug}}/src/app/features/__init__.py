"""The features this service is made of: one import and one entry each."""
