"""What the backends on scikit-learn-intelex share: what really ran, and the devices behind SYCL."""
