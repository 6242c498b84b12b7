//! Golden models and numerics, written from their definitions.
