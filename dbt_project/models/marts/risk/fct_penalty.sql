{{ empty_model() }}
