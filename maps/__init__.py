"""Drawing: values in, folium pages and static images out."""
