"""Gabor wavelets fitted to pictures. The modules here import torch; nothing that works without it imports them."""
